import { createEnrollment, readEnrollment } from '../../usecases/enrollment/enrollments.ts'
import { endpoint } from '../endpoint.ts'
import {
  createdEnrollmentOut,
  createEnrollmentBody,
  enrollmentOut,
  enrollmentParams,
} from '../schemas/enrollments.ts'
import { createdEnrollmentView, enrollmentView } from '../views/enrollments.ts'

export const create = endpoint({
  summary: 'Invite one agent',
  description: 'The token is for one registration and grants nothing by itself.',
  body: createEnrollmentBody,
  status: 201,
  answer: createdEnrollmentOut,
  refusals: [],
  idempotency: 'once',
  act: (world, { caller, body }) =>
    createEnrollment(world, caller, { ttlSeconds: body.ttl_seconds }),
  view: createdEnrollmentView,
})

export const read = endpoint({
  summary: 'Whether an invitation was answered',
  description: 'Tells the state, and the registration once there is one.',
  params: enrollmentParams,
  answer: enrollmentOut,
  refusals: ['not_found'],
  act: (world, { caller, params }) => readEnrollment(world, caller, { enrollment: params.id }),
  view: enrollmentView,
})

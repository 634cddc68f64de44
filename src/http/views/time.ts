export { timeText } from '../../listener/time-text.ts'

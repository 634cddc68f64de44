/** One row for each label of a lease, by which leases are found. */
export interface LeaseLabelsTable {
  tenant: string
  label: string
  opened_at: number
  lease: string
}

/** Tables of labels. */
export interface LabelSchema {
  lease_labels: LeaseLabelsTable
}

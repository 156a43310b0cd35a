package pod

// UID identifies one instance of an object for all time; a new pod of the same name has another. It is opaque,
// often a UUID, and compared as a string.
type UID string

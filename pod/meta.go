package pod

// ObjectMeta is what every object of the API has: names, identity, labels and the story of its changes.
type ObjectMeta struct {
	// Unique in the namespace at any one time; for a pod a DNS subdomain.
	Name string `json:"name,omitempty"`
	// What a name is made from when Name is empty: cut to 58 bytes, plus 5 random ones.
	GenerateName string `json:"generateName,omitempty"`
	// Empty becomes "default" for a pod.
	Namespace string `json:"namespace,omitempty"`
	// No longer filled.
	SelfLink string `json:"selfLink,omitempty"`
	// Given at creation, never used again.
	UID UID `json:"uid,omitempty"`
	// Changes with every write; opaque, only equality means anything.
	ResourceVersion string `json:"resourceVersion,omitempty"`
	// 1 at creation, raised by 1 with every change of the spec; 0 unknown.
	Generation int64 `json:"generation,omitempty"`
	// To the second.
	CreationTimestamp Time `json:"creationTimestamp,omitempty,omitzero"`
	// When the object is due to go, grace period included; nil while nobody asked for it.
	DeletionTimestamp *Time `json:"deletionTimestamp,omitempty"`
	// Seconds between the request to delete and DeletionTimestamp.
	DeletionGracePeriodSeconds *int64 `json:"deletionGracePeriodSeconds,omitempty"`
	// Keys are qualified names, values at most 63 bytes. Selectors match them.
	Labels map[string]string `json:"labels,omitempty"`
	// Keys are qualified names, values anything, 256 KiB in all.
	Annotations map[string]string `json:"annotations,omitempty"`
	// The object goes when all of these have gone.
	OwnerReferences []OwnerReference `json:"ownerReferences,omitempty"`
	// A deleted object stays until this list is empty.
	Finalizers []string `json:"finalizers,omitempty"`
	// Who set which field, for server-side apply.
	ManagedFields []ManagedFieldsEntry `json:"managedFields,omitempty"`
}

// OwnerReference names an object that this one depends on, in the same namespace or cluster-wide.
type OwnerReference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	UID        UID    `json:"uid"`
	// At most one owner is the controller: the one that made the object and looks after it.
	Controller *bool `json:"controller,omitempty"`
	// A deletion of the owner in the foreground waits for this object.
	BlockOwnerDeletion *bool `json:"blockOwnerDeletion,omitempty"`
}

// ManagedFieldsEntry is one manager's share of the fields.
type ManagedFieldsEntry struct {
	// Name of the program, such as kubectl.
	Manager   string                     `json:"manager,omitempty"`
	Operation ManagedFieldsOperationType `json:"operation,omitempty"`
	// Version of the object that FieldsV1 speaks of.
	APIVersion string `json:"apiVersion,omitempty"`
	// When a field was last added, changed or given up.
	Time *Time `json:"time,omitempty"`
	// Format of FieldsV1; always "FieldsV1".
	FieldsType string    `json:"fieldsType,omitempty"`
	FieldsV1   *FieldsV1 `json:"fieldsV1,omitempty"`
	// Empty for the object itself.
	Subresource string `json:"subresource,omitempty"`
}

// ManagedFieldsOperationType is the way in which a manager came to its fields.
type ManagedFieldsOperationType string

const (
	// ManagedFieldsOperationApply is server-side apply.
	ManagedFieldsOperationApply ManagedFieldsOperationType = "Apply"
	// ManagedFieldsOperationUpdate is any other write.
	ManagedFieldsOperationUpdate ManagedFieldsOperationType = "Update"
)

// LabelSelector selects objects by their labels: all of both parts must hold. Empty matches everything, nil
// nothing.
type LabelSelector struct {
	// Each is the same as an expression with In and one value.
	MatchLabels      map[string]string          `json:"matchLabels,omitempty"`
	MatchExpressions []LabelSelectorRequirement `json:"matchExpressions,omitempty"`
}

// LabelSelectorRequirement is one condition on one label.
type LabelSelectorRequirement struct {
	Key      string                `json:"key"`
	Operator LabelSelectorOperator `json:"operator"`
	// Not empty for In and NotIn, empty for the others.
	Values []string `json:"values,omitempty"`
}

// LabelSelectorOperator relates a label's value to a set.
type LabelSelectorOperator string

const (
	// LabelSelectorOpIn needs the label, with one of the values.
	LabelSelectorOpIn LabelSelectorOperator = "In"
	// LabelSelectorOpNotIn holds where the label has none of the values, or is missing.
	LabelSelectorOpNotIn LabelSelectorOperator = "NotIn"
	// LabelSelectorOpExists needs the label, with any value.
	LabelSelectorOpExists LabelSelectorOperator = "Exists"
	// LabelSelectorOpDoesNotExist needs the label to be missing.
	LabelSelectorOpDoesNotExist LabelSelectorOperator = "DoesNotExist"
)

// LocalObjectReference names an object of the pod's own namespace.
type LocalObjectReference struct {
	// Empty is accepted for old manifests' sake, and finds nothing.
	Name string `json:"name,omitempty"`
}

// TypedLocalObjectReference names an object of any kind in the same namespace.
type TypedLocalObjectReference struct {
	// nil is the core group.
	APIGroup *string `json:"apiGroup"`
	Kind     string  `json:"kind"`
	Name     string  `json:"name"`
}

// TypedObjectReference names an object of any kind, perhaps in another namespace.
type TypedObjectReference struct {
	// nil is the core group.
	APIGroup *string `json:"apiGroup"`
	Kind     string  `json:"kind"`
	Name     string  `json:"name"`
	// nil is the same namespace; another needs a grant there.
	Namespace *string `json:"namespace,omitempty"`
}

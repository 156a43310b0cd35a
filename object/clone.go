package object

//go:generate go run ../internal/clonegen -dir . -import github.com/podlife/podlife/pod=../pod -out clone_generated.go Node Namespace Service ConfigMap Secret PersistentVolumeClaim PersistentVolume Event Lease StorageClass CSINode PriorityClass PodDisruptionBudget ReplicaSet Deployment StatefulSet DaemonSet ControllerRevision Job CronJob Custom

// clonePointer copies what p points to; nil gives nil.
func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// cloneSlice copies s into memory of its own; nil gives nil, empty gives empty.
func cloneSlice[T any](s []T) []T {
	if s == nil {
		return nil
	}
	c := make([]T, len(s))
	copy(c, s)
	return c
}

// cloneEach copies the elements of s one by one; nil gives nil, empty gives empty.
func cloneEach[T any](s []T, cloneTo func(from, to *T)) []T {
	if s == nil {
		return nil
	}
	c := make([]T, len(s))
	for i := range s {
		cloneTo(&s[i], &c[i])
	}
	return c
}

// cloneMap copies m value by value; nil gives nil, empty gives empty.
func cloneMap[K comparable, V any](m map[K]V, clone func(V) V) map[K]V {
	if m == nil {
		return nil
	}
	c := make(map[K]V, len(m))
	for k, v := range m {
		c[k] = clone(v)
	}
	return c
}

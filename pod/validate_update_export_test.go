package pod

// SamePod compares pods as the API server does: quantities by amount, nil lists and empty ones alike.
func SamePod(a, b *Pod) bool { return sameValue(a, b) }

"""Steps that several tests share: fields of view, binning, smoothing, centroids, fits."""

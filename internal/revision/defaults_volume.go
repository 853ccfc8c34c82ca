package revision

import corev1 "k8s.io/api/core/v1"

// fillVolume writes what the API server writes into a volume where its author left a blank.
func fillVolume(volume *corev1.Volume) {
	source := &volume.VolumeSource
	if *source == (corev1.VolumeSource{}) {
		source.EmptyDir = &corev1.EmptyDirVolumeSource{}
	}
	fillFiles(source)
	fillDisk(source)
	if source.HostPath != nil {
		fillPointer(&source.HostPath.Type, corev1.HostPathUnset)
	}
	if source.Image != nil {
		fill(&source.Image.PullPolicy, pullPolicy(source.Image.Reference))
	}
	if source.Ephemeral != nil && source.Ephemeral.VolumeClaimTemplate != nil {
		claim := &source.Ephemeral.VolumeClaimTemplate.Spec
		fillPointer(&claim.VolumeMode, corev1.PersistentVolumeFilesystem)
		roundUp(claim.Resources.Limits)
		roundUp(claim.Resources.Requests)
	}
}

// fillFiles is for volumes whose files come from the API.
func fillFiles(source *corev1.VolumeSource) {
	if source.Secret != nil {
		fillPointer(&source.Secret.DefaultMode, corev1.SecretVolumeSourceDefaultMode)
	}
	if source.ConfigMap != nil {
		fillPointer(&source.ConfigMap.DefaultMode, corev1.ConfigMapVolumeSourceDefaultMode)
	}
	if source.DownwardAPI != nil {
		fillPointer(&source.DownwardAPI.DefaultMode, corev1.DownwardAPIVolumeSourceDefaultMode)
		fillItems(source.DownwardAPI.Items)
	}
	if source.Projected == nil {
		return
	}
	fillPointer(&source.Projected.DefaultMode, corev1.ProjectedVolumeSourceDefaultMode)
	for _, part := range source.Projected.Sources {
		if part.DownwardAPI != nil {
			fillItems(part.DownwardAPI.Items)
		}
		if part.ServiceAccountToken != nil {
			fillPointer(&part.ServiceAccountToken.ExpirationSeconds, 60*60)
		}
	}
}

func fillItems(items []corev1.DownwardAPIVolumeFile) {
	for _, item := range items {
		fillField(item.FieldRef)
	}
}

// fillDisk is for volumes on storage elsewhere.
func fillDisk(source *corev1.VolumeSource) {
	if source.ISCSI != nil {
		fill(&source.ISCSI.ISCSIInterface, "default")
	}
	if source.RBD != nil {
		fill(&source.RBD.RBDPool, "rbd")
		fill(&source.RBD.RadosUser, "admin")
		fill(&source.RBD.Keyring, "/etc/ceph/keyring")
	}
	if source.AzureDisk != nil {
		fillPointer(&source.AzureDisk.CachingMode, corev1.AzureDataDiskCachingReadWrite)
		fillPointer(&source.AzureDisk.FSType, "ext4")
		fillPointer(&source.AzureDisk.ReadOnly, false)
		fillPointer(&source.AzureDisk.Kind, corev1.AzureSharedBlobDisk)
	}
	if source.ScaleIO != nil {
		fill(&source.ScaleIO.StorageMode, "ThinProvisioned")
		fill(&source.ScaleIO.FSType, "xfs")
	}
}

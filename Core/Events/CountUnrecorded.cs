namespace ChunkUpload.Core.Events;

/// <summary>Counts the bytes of each upload that have arrived and are not recorded yet, for the progress that people see.</summary>
public delegate Dictionary<UploadId, long> CountUnrecorded();

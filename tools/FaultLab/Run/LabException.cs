namespace ChunkUpload.FaultLab.Run;

/// <summary>A test cannot be run here, or what it watches does not hold; the message says which.</summary>
internal sealed class LabException(string message, Exception? inner = null) : Exception(message, inner);

namespace ChunkUpload.FaultLab.Run;

/// <summary>A test cannot run here, or an expectation failed; the message says which.</summary>
internal sealed class LabException(string message, Exception? inner = null) : Exception(message, inner);

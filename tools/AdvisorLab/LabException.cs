namespace ChunkUpload.AdvisorLab;

/// <summary>It cannot be run; the message says what to do.</summary>
internal sealed class LabException(string message) : Exception(message);

namespace ChunkUpload.AdvisorLab;

/// <summary>The lab cannot run; the message says what to do.</summary>
internal sealed class LabException(string message) : Exception(message);

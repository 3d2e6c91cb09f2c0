namespace ChunkUpload.Bench;

/// <summary>A measurement that is not possible, with the reason.</summary>
internal sealed class BenchException(string message, Exception? inner = null) : Exception(message, inner);

namespace ChunkUpload.Bench;

/// <summary>Something could not be measured, and why.</summary>
internal sealed class BenchException(string message, Exception? inner = null) : Exception(message, inner);

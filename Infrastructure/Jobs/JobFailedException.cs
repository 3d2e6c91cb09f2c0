namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>The exception that reports a failed run to Hangfire. Its result is already in the ledger.</summary>
internal sealed class JobFailedException(string message) : Exception(message);

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>Tells Hangfire that a run failed; the ledger has its result already.</summary>
internal sealed class JobFailedException(string message) : Exception(message);

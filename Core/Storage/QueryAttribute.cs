namespace ChunkUpload.Core.Storage;

/// <summary>
/// Marks a call on the store or the ledger that changes nothing. Every other call counts as a change, and the crash tests end the process
/// before each of them.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class QueryAttribute : Attribute;

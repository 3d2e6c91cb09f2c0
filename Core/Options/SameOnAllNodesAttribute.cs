namespace ChunkUpload.Core.Options;

/// <summary>
/// The setting decides about data in the ledger, so all nodes of a ledger must have the same value. A start with another one is refused.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SameOnAllNodesAttribute : Attribute;

namespace ChunkUpload.Api.Wire;

/// <summary>One page of a list.</summary>
/// <param name="NextCursor">Send it as <c>cursor</c> to get the next page; null on the last one.</param>
internal sealed record ListOf<T>(IReadOnlyList<T> Items, string? NextCursor);

namespace ChunkUpload.Core.Fsck;

/// <summary>One thing that is not as it must be.</summary>
/// <param name="Code">Stable; made for programs. One of <see cref="FindingCodes"/>.</param>
/// <param name="Upload">Null when it belongs to none.</param>
/// <param name="FileName">As the client named the upload.</param>
/// <param name="File">The stored file as kind/life-id, null when it is not about one.</param>
/// <param name="Sentence">What is wrong.</param>
/// <param name="Remedy">What a person can do.</param>
public sealed record Finding(string Code, string? Upload, string? FileName, string? File, string Sentence, string Remedy);

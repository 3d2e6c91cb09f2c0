namespace ChunkUpload.Core.Fsck;

/// <summary>One fault that fsck found.</summary>
/// <param name="Code">A stable code for programs, from <see cref="FindingCodes"/>.</param>
/// <param name="Upload">Null when the finding belongs to no upload.</param>
/// <param name="FileName">The upload's name as the client sent it.</param>
/// <param name="File">The stored file as kind/incarnation-id; null when the finding is not about one.</param>
/// <param name="Sentence">Describes the fault.</param>
/// <param name="Remedy">Tells the operator how to mend it.</param>
public sealed record Finding(string Code, string? Upload, string? FileName, string? File, string Sentence, string Remedy);

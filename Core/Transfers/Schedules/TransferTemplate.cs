namespace ChunkUpload.Core.Transfers.Schedules;

/// <summary>A named template with source, destination and options of a transfer.</summary>
public sealed record TransferTemplate(Guid Id, string Tenant, string Subject, string Title, NamedDraft Draft, DateTimeOffset MadeAt);

/// <summary>A draft with the names of its items as they were when it was stored.</summary>
/// <param name="Names">The names of the files and folders at the source.</param>
public sealed record NamedDraft(TransferDraft Draft, IReadOnlyList<string> Names, string FolderName);

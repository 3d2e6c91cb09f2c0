namespace ChunkUpload.Core.Transfers.Schedules;

/// <summary>Source, destination and options under a name.</summary>
public sealed record TransferTemplate(Guid Id, string Tenant, string Subject, string Title, NamedDraft Draft, DateTimeOffset MadeAt);

/// <summary>A draft with the names of what it is about, as they were when it was kept.</summary>
/// <param name="Names">Of the files and folders at the source.</param>
public sealed record NamedDraft(TransferDraft Draft, IReadOnlyList<string> Names, string FolderName);

namespace ChunkUpload.Core.Projects;

/// <summary>Whether requests for files of a served folder are approved automatically.</summary>
public enum FolderApproval
{
    /// <summary>Each request waits for an answer.</summary>
    Ask = 1,
    Always,
    Never,
}

/// <summary>The rule for a member's requests for files of a served folder.</summary>
/// <param name="BytesADay">The maximum number of bytes that are sent to the member in a day; <c>null</c> for no limit.</param>
public sealed record FolderRule(FolderApproval Approval, long? BytesADay);

/// <summary>A change of a served folder's rules; <c>null</c> keeps a value.</summary>
/// <param name="BytesADay">0 removes the limit.</param>
/// <param name="Members">The rules of single members, which replace all existing ones.</param>
public sealed record FolderRulesChange(
    FolderApproval? Approval, long? BytesADay, bool? IsStraightOnly, IReadOnlyDictionary<string, FolderRule>? Members);

/// <summary>The outcome of <see cref="IProjectLedger.ChangeFolderAsync"/>.</summary>
public enum FolderChangeOutcome
{
    Changed = 1,
    NotServed,

    /// <summary>One of the subjects is not a member of the project.</summary>
    NoMember,
}

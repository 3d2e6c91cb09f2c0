namespace ChunkUpload.Core.Projects;

/// <summary>What the user of a device decides about the files of a served folder.</summary>
public enum FolderApproval
{
    /// <summary>Each request waits for an answer.</summary>
    Ask = 1,
    Always,
    Never,
}

/// <summary>What a member gets of a served folder.</summary>
/// <param name="BytesADay">The most bytes that are sent to the member in a day; <c>null</c> for any number.</param>
public sealed record FolderRule(FolderApproval Approval, long? BytesADay);

/// <summary>A change of a served folder's rules; <c>null</c> keeps what there is.</summary>
/// <param name="BytesADay">0 removes the bound.</param>
/// <param name="Members">The rules of single members, which replace all that there are.</param>
public sealed record FolderRulesChange(
    FolderApproval? Approval, long? BytesADay, bool? IsStraightOnly, IReadOnlyDictionary<string, FolderRule>? Members);

/// <summary>The outcome of <see cref="IProjectLedger.ChangeFolderAsync"/>.</summary>
public enum FolderChangeOutcome
{
    Changed = 1,
    NotServed,

    /// <summary>One of the subjects is no member of the project.</summary>
    NoMember,
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Tree;

/// <summary>
/// The default policy for earlier contents of files in spaces and folders without a policy. It applies if one of its parts is set.
/// </summary>
[Settings("Files:Versions")]
public sealed class VersionOptions
{
    [SameOnAllNodes]
    [Description("How many of the newest earlier contents of each file stay, in spaces and folders without a policy of their own. If no "
        + "setting of Files:Versions is set, the trash keeps what was replaced for Files:KeepDeleted. For operators whose users change "
        + "documents.")]
    [Range(0, VersionPolicy.MostLast)]
    public int? Last { get; set; }

    [SameOnAllNodes]
    [Description("For how many hours after it was replaced the newest content of each hour stays.")]
    [Range(0, VersionPolicy.MostHours)]
    public int? Hours { get; set; }

    [SameOnAllNodes]
    [Description("For how many days after it was replaced the newest content of each day stays.")]
    [Range(0, VersionPolicy.MostDays)]
    public int? Days { get; set; }

    [SameOnAllNodes]
    [Description("For how many weeks after it was replaced the newest content of each week stays.")]
    [Range(0, VersionPolicy.MostWeeks)]
    public int? Weeks { get; set; }

    [SameOnAllNodes]
    [Description("The most bytes of earlier contents of one file; the oldest are deleted first. Alone it keeps as many as fit. Operators "
        + "with little room set it.")]
    [Range(0L, long.MaxValue)]
    public long? Bytes { get; set; }

    /// <summary>The policy, or null if nothing is set.</summary>
    public VersionPolicy? Policy => VersionPolicy.Of(Last, Hours, Days, Weeks, Bytes);
}

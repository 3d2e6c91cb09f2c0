using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Tree;

[Settings("Files")]
public sealed class FilesOptions
{
    [SameOnAllNodes]
    [Description("How long the trash keeps files that were deleted, and contents that were replaced where no policy of versions decides; "
        + "0: deleted files are removed at once. What was replaced stays for a day in any case. Operators with little room shorten it.")]
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan KeepDeleted { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long the trash keeps replaced content.</summary>
    public TimeSpan KeepReplaced => KeepDeleted < MinReplaced ? MinReplaced : KeepDeleted;

    private static TimeSpan MinReplaced { get; } = TimeSpan.FromDays(1);
}

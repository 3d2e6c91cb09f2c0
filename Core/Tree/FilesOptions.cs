using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Tree;

[Settings("Files")]
public sealed class FilesOptions
{
    [Description("How long the trash keeps files that were deleted and contents that were replaced; 0: they are removed at once. "
        + "Operators with little room shorten it.")]
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan KeepDeleted { get; set; } = TimeSpan.FromDays(7);
}

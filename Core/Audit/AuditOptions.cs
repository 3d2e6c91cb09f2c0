using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Audit;

[Settings("Audit")]
public sealed class AuditOptions
{
    [Description("How long the audit shows who did what. Older rows are blanked; their digests stay, so that the chain can be verified. "
        + "Operators with rules about retention set it.")]
    [Range(typeof(TimeSpan), "1.00:00:00", "36500.00:00:00")]
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(365);
}

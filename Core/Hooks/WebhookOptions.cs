using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Hooks;

[Settings("Webhooks")]
public sealed class WebhookOptions
{
    [Description("Whether webhooks may reach addresses of this machine and of private networks. Admins of tenants choose the addresses: "
        + "true lets them reach whatever this machine reaches. Operators whose receivers run beside the service set it.")]
    public bool AllowPrivateNetworks { get; set; }

    [Description("How long a webhook may take to answer. Operators with slow receivers raise it.")]
    [Range(typeof(TimeSpan), "00:00:00.100", "00:02:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The maximum number of delivery attempts. The random pauses between them double up to two hours; 30 attempts take about a day.
    /// </summary>
    public int Attempts { get; internal set; } = 30;

    /// <summary>The maximum pause after the first failure. Each further failure doubles it.</summary>
    public TimeSpan FirstPause { get; internal set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a webhook may fail before it is paused.</summary>
    public TimeSpan PauseAfter { get; internal set; } = TimeSpan.FromDays(3);
}

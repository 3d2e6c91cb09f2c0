using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Projects;

/// <summary>How devices send files to members of their projects.</summary>
[Settings("Projects")]
public sealed class ProjectOptions
{
    [Description("How many bytes may lie on the service for one member while devices send the files that the member has asked for. A "
        + "larger file cannot be asked for; what has no room waits. Operators lower it where disks are small.")]
    [Range(1L << 20, 1L << 50)]
    public long RelayBytes { get; set; } = 64L << 30;

    [Description("Whether invitations to projects also let in users of other tenants, as guests: they see their projects and nothing "
        + "else of the tenant. Operators turn it on.")]
    public bool Guests { get; set; }

    /// <summary>How long a reader waits for the next byte of a file that is still being received.</summary>
    public TimeSpan ReadPatience { get; internal set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a receiver counts as online after its last request.</summary>
    public TimeSpan ReceiverStays { get; internal set; } = TimeSpan.FromSeconds(60);
}

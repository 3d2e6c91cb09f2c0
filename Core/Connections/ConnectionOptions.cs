using System.ComponentModel;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Connections;

[Settings("Connections")]
public sealed class ConnectionOptions
{
    [Description("Whether connections may reach addresses of this machine and of private networks. Users choose the addresses of some "
        + "kinds of storage: true lets them reach whatever this machine reaches. Operators whose storage runs beside the service set it.")]
    public bool AllowPrivateNetworks { get; set; }

    /// <summary>How many connections a user may have.</summary>
    public int MostPerUser { get; internal set; } = 50;
}

using System.ComponentModel;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Access;

internal enum AccessMode
{
    /// <summary>Every request carries the operator key.</summary>
    Key = 1,

    /// <summary>No key; only on loopback addresses.</summary>
    Open,
}

[Settings("Access")]
internal sealed class AccessOptions
{
    [Description("Who may use the service: Key (whoever has the operator key) or Open (everybody on this machine; loopback addresses only).")]
    public AccessMode Mode { get; set; } = AccessMode.Key;
}

using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Tests.Support;

/// <summary>Incarnations for tests without a data directory.</summary>
internal static class TestNode
{
    /// <summary>An incarnation of the node that has this store.</summary>
    public static NewIncarnation Begun(Guid store, string boot = "boot", Durability durability = Durability.Committed) =>
        new(store, store, boot, durability);
}

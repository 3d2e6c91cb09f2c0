namespace ChunkUpload.Core.Hosting;

/// <summary>Memory that devices take bytes from, and put them into.</summary>
public interface IDeviceMemory
{
    /// <summary>
    /// So many bytes, from the beginning of a page on; in huge pages where the system has them. They are nobody else's as long as somebody
    /// refers to them.
    /// </summary>
    Memory<byte> Allocate(int bytes);
}

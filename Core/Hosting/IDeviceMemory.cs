namespace ChunkUpload.Core.Hosting;

/// <summary>Memory that devices can read from and write to directly.</summary>
public interface IDeviceMemory
{
    /// <summary>
    /// Allocates this number of bytes from the start of a page, in huge pages if the system has them. The memory is not reused while it is
    /// referenced.
    /// </summary>
    Memory<byte> Allocate(int bytes);
}

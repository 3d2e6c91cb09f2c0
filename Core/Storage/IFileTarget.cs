using System.IO.Pipelines;

namespace ChunkUpload.Core.Storage;

/// <summary>The end of a pipe, to which bytes can go from a file without being copied on the way.</summary>
public interface IFileTarget
{
    /// <summary>About how many bytes it takes without waiting.</summary>
    int Room { get; }

    /// <summary>The file's failure after its bytes had been taken. Ask after their flush: the connection is of no use then.</summary>
    StoreException? Failure { get; }

    /// <summary>Makes so many bytes of the file the next ones that are written to the pipe; they leave with the next flush.</summary>
    /// <returns>False where it cannot: they have to be written like any others.</returns>
    bool Take(PipeWriter pipe, IStoredFileReader file, long offset, int count);

    /// <summary>
    /// Sends at once as many bytes as it takes without waiting, as the next ones that were written to the pipe, and returns how many; 0 also
    /// where it cannot.
    /// </summary>
    int Send(PipeWriter pipe, ReadOnlySpan<byte> bytes);
}

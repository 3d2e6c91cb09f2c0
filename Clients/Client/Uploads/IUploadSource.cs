namespace ChunkUpload.Client.Uploads;

/// <summary>The bytes to be sent.</summary>
internal interface IUploadSource : IDisposable
{
    /// <summary>Null means as far as they go.</summary>
    long? Size { get; }

    /// <summary>Gets a value that indicates whether bytes can be read again, at any offset.</summary>
    bool IsRepeatable { get; }

    /// <summary>Gets a value that indicates whether the content is known to have changed since it was opened.</summary>
    bool HasChanged => false;

    /// <summary>Gets a value that indicates whether its bytes may be compressible. Encrypted bytes never are.</summary>
    bool MayShrink => true;

    /// <summary>Fills the buffer unless the source ends before. Without repetition the offset is that of the next byte.</summary>
    ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop);
}

/// <summary>A file as it was when it was opened.</summary>
internal sealed class FileSource : IUploadSource
{
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;
    private readonly string _path;

    private FileSource(Microsoft.Win32.SafeHandles.SafeFileHandle file, string path, FileStamp stamp) =>
        (_file, _path, Stamp) = (file, path, stamp);

    public FileStamp Stamp { get; }

    public long? Size => Stamp.Size;

    public bool IsRepeatable => true;

    public bool HasChanged => FileStamp.Of(_path) != Stamp;

    public static FileSource Open(string path)
    {
        try
        {
            var stamp = FileStamp.Of(path) ?? throw TransferException.Local($"{path} does not exist, or is no file.");
            if (stamp.Size == 0 && !RegularFile.Is(new FileInfo(path)))
                throw TransferException.Local($"{path} is a pipe or a device and has no end of its own. {AsStream(path)}");
            var file = File.OpenHandle(path, options: FileOptions.Asynchronous | FileOptions.SequentialScan);
            if (stamp.Size > 0 || RandomAccess.Read(file, new byte[1], 0) == 0)
                return new FileSource(file, path, stamp);
            file.Dispose();
            throw TransferException.Local($"{path} says that it is empty, but has content, as files of /proc do. {AsStream(path)}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"{path} cannot be read: {failure.Message}", failure);
        }
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        try
        {
            var read = 0;
            while (read < buffer.Length)
            {
                var count = await RandomAccess.ReadAsync(_file, buffer[read..], offset + read, stop);
                if (count == 0)
                    break;
                read += count;
            }

            return read;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"{_path} cannot be read: {failure.Message}", failure);
        }
    }

    public void Dispose() => _file.Dispose();

    private static string AsStream(string path) => $"Send what it gives as a stream: cu up - --name NAME < {path}";
}

/// <summary>The properties that show whether a file may have changed.</summary>
internal readonly record struct FileStamp(long Size, DateTime Modified)
{
    public static FileStamp? Of(string path)
    {
        var file = new FileInfo(path);
        // A link counts as what it leads to.
        if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
            file = target;
        return file.Exists ? new FileStamp(file.Length, file.LastWriteTimeUtc) : null;
    }
}

/// <summary>A stream, which is read once: to its end, or as far as it went at first if it knows that.</summary>
internal sealed class StreamSource(Stream stream) : IUploadSource
{
    public long? Size { get; } = stream.CanSeek ? stream.Length - stream.Position : null;

    public bool IsRepeatable => false;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        try
        {
            if (Size is { } size)
                buffer = buffer[..(int)Math.Min(buffer.Length, size - offset)];
            // Reading a terminal or a pipe cannot be cancelled.
            return await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stop).AsTask().WaitAsync(stop);
        }
        catch (IOException failure)
        {
            throw TransferException.Local($"The source cannot be read: {failure.Message}", failure);
        }
    }

    public void Dispose()
    {
    }
}

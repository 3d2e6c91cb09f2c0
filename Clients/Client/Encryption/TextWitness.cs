using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Client.Encryption;

/// <summary>
/// The digests of the text that was encrypted under a key, block by block, on the disk before a byte of it is sent. A source that differs
/// from them is encrypted under another key: a nonce that met two texts would give both away.
/// </summary>
internal sealed class TextWitness : IDisposable
{
    public const int BlockSize = 256 << 10;

    private const int DigestSize = SHA256.HashSizeInBytes;

    private readonly Lock _gate = new();
    private readonly SafeFileHandle? _file;
    private readonly Dictionary<long, byte[]> _memory = [];
    private bool _isDirty;

    private TextWitness(SafeFileHandle? file) => _file = file;

    /// <summary>Begins anew, with nothing encrypted.</summary>
    /// <param name="path">The path; null for digests in memory, if the upload does not outlive the process.</param>
    /// <param name="prefix">The bytes that bind the file to this key.</param>
    public static TextWitness Create(string? path, ReadOnlySpan<byte> prefix)
    {
        if (path is null)
            return new TextWitness(null);
        try
        {
            // Do not rename the old file: another process may still use it.
            File.Delete(path);
            File.Open(path, State.PrivateFile.Options(FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None)).Dispose();
            var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            RandomAccess.Write(file, SHA256.HashData(prefix), 0);
            return new TextWitness(file) { _isDirty = true };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw NotWritten(failure);
        }
    }

    /// <summary>Goes on with what an earlier run has recorded.</summary>
    /// <returns>Null if it is lost, or belongs to another key.</returns>
    public static TextWitness? Resume(string? path, ReadOnlySpan<byte> prefix)
    {
        if (path is null)
            return null;
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            Span<byte> bound = stackalloc byte[DigestSize];
            if (RandomAccess.Read(file, bound, 0) == DigestSize && bound.SequenceEqual(SHA256.HashData(prefix)))
                return new TextWitness(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The file is lost.
        }

        file?.Dispose();
        return null;
    }

    /// <summary>Records the text of a block, or compares it with what was recorded.</summary>
    /// <exception cref="TransferException">The source changed.</exception>
    public void See(long block, ReadOnlySpan<byte> text)
    {
        Span<byte> digest = stackalloc byte[DigestSize];
        Span<byte> known = stackalloc byte[DigestSize];
        _ = SHA256.HashData(text, digest);
        lock (_gate)
        {
            if (Find(block, known))
            {
                if (!known.SequenceEqual(digest))
                {
                    throw new TransferException(
                        TransferFailure.SourceChanged, "The source changed since a part of it was encrypted.");
                }

                return;
            }

            if (_file is null)
            {
                _memory[block] = digest.ToArray();
                return;
            }

            try
            {
                RandomAccess.Write(_file, digest, At(block));
                _isDirty = true;
            }
            catch (IOException failure)
            {
                throw NotWritten(failure);
            }
        }
    }

    /// <summary>What was recorded outlives the loss of power.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_file is null || !_isDirty)
                return;
            try
            {
                RandomAccess.FlushToDisk(_file);
                _isDirty = false;
            }
            catch (IOException failure)
            {
                throw NotWritten(failure);
            }
        }
    }

    public void Dispose() => _file?.Dispose();

    private bool Find(long block, Span<byte> digest)
    {
        if (_file is not null)
            return RandomAccess.Read(_file, digest, At(block)) == DigestSize && digest.ContainsAnyExcept((byte)0);
        if (!_memory.TryGetValue(block, out var known))
            return false;
        known.CopyTo(digest);
        return true;
    }

    private static long At(long block) => (block + 1) * DigestSize;

    private static TransferException NotWritten(Exception failure) =>
        TransferException.Local($"What is encrypted cannot be recorded: {failure.Message}", failure);
}

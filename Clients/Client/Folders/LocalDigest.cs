using System.Security.Cryptography;

namespace ChunkUpload.Client.Folders;

/// <summary>The SHA-256 of a local file.</summary>
internal static class LocalDigest
{
    private const int Digits = 64;

    /// <summary>A digest that no file has.</summary>
    public static string None { get; } = new('0', Digits);

    /// <exception cref="TransferException">The file cannot be read.</exception>
    public static async Task<string> OfAsync(string file, CancellationToken stop)
    {
        try
        {
            await using var content = new FileStream(file, new FileStreamOptions
            {
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
                Share = FileShare.ReadWrite,
            });
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, stop));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"{file} cannot be read: {failure.Message}", failure);
        }
    }

    /// <returns><see cref="None"/> if the file cannot be read.</returns>
    public static async Task<string> TryAsync(string file, CancellationToken stop)
    {
        try
        {
            return await OfAsync(file, stop);
        }
        catch (TransferException)
        {
            return None;
        }
    }
}

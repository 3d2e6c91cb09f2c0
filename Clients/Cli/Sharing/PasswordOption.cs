using System.CommandLine;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Sharing;

/// <summary>--password of the verbs that use a link: the password that its maker has given it.</summary>
internal static class PasswordOption
{
    public static Option<bool> Create() => new("--password")
    {
        Description = "Give the link its password. It is read from the terminal, or from standard input.",
    };

    /// <param name="isLink">Whether a link is used.</param>
    /// <param name="isFree">Whether the foreground and standard input are free for it.</param>
    public static void Refuse(bool isLink, bool isFree)
    {
        if (!isLink)
            throw new UsageException("--password is for a link with a password. Give its address.");
        if (!isFree)
            throw new UsageException("A password is read in the foreground, and not where standard input is sent.");
    }

    public static async Task EnterAsync(ChunkUploadClient client, CancellationToken stop) =>
        await client.OpenLinkAsync(await SecretInput.ReadAsync("Password of the link: ", stop), stop);
}

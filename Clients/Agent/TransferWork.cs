using ChunkUpload.Client;
using ChunkUpload.Client.Age;
using ChunkUpload.Wire;

namespace ChunkUpload.Agent;

/// <summary>Does entries by the library, as cu up and cu get do in the foreground.</summary>
internal sealed class TransferWork(IWorkClients clients, BandwidthLimit all) : IEntryWork
{
    // With the pauses between them, some hours.
    private const int MostAttempts = 30;

    // An unfinished upload at the service expires on its own.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(15);

    public async Task<Outcome> RunAsync(QueueEntry entry, BandwidthLimit own, IProgress<TransferProgress> progress, CancellationToken stop)
    {
        PastTransfer? past = null;
        try
        {
            using var client = clients.Open(entry.Work, [own, all], ended => past = ended);
            return (entry.Work.IsUp
                ? await SendAsync(client, entry, progress, stop)
                : await FetchAsync(client, entry, progress, stop)) with
            { Past = past };
        }
        catch (TransferException failure)
        {
            return new Outcome(
                new Fault(Fault.ClassOf(failure.Failure), failure.Message, failure.Code), MayPass(failure, entry.Failures), past);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            return new Outcome(new Fault(Fault.ClassOf(TransferFailure.LocalFile), $"A key cannot be read: {failure.Message}"));
        }
    }

    public async Task AbandonAsync(QueueEntry entry, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        end.CancelAfter(Farewell);
        var work = entry.Work;
        try
        {
            using var client = clients.Open(work, [], _ => { });
            foreach (var local in (string?[])[work.Local, work.LocalFolder])
            {
                if (local is not null)
                    _ = await client.AbandonAsync(local, work.Remote ?? "", work.Space, end.Token);
            }
        }
        catch (Exception failure) when (failure is TransferException
            || (failure is OperationCanceledException && !stop.IsCancellationRequested))
        {
            // It expires.
        }
    }

    private static async Task<Outcome> SendAsync(
        ChunkUploadClient client, QueueEntry entry, IProgress<TransferProgress> progress, CancellationToken stop)
    {
        var work = entry.Work;
        if (Directory.Exists(work.Local))
        {
            if (work.Remote is null)
                return new Outcome(new Fault("refused", $"{work.Local} is a folder, which needs a path."));
            return Of(await client.UploadFolderAsync(work.Local, work.Remote, Folder(work), new WholeFolder(entry.Name, progress), stop));
        }

        _ = await client.UploadFileAsync(
            work.Local,
            new UploadOptions
            {
                Path = work.Remote,
                Space = work.Space,
                Name = work.Name,
                Conflict = work.Conflict,
                Protocol = work.IsTus ? UploadProtocol.Tus : UploadProtocol.Session,
                Encryption = Encryption(work),
            },
            progress, stop);
        return new Outcome();
    }

    private static async Task<Outcome> FetchAsync(
        ChunkUploadClient client, QueueEntry entry, IProgress<TransferProgress> progress, CancellationToken stop)
    {
        var work = entry.Work;
        try
        {
            _ = await client.DownloadFileAsync(
                work.Remote ?? "", work.Local,
                new DownloadOptions { Space = work.Space, Overwrite = work.Overwrite, Identities = Identities(work) }, progress, stop);
            return new Outcome();
        }
        catch (TransferException failure) when (failure.Code == ProblemCodes.NotFile)
        {
            return Of(await client.DownloadFolderAsync(
                work.Remote ?? "", work.LocalFolder ?? work.Local, Folder(work), new WholeFolder(entry.Name, progress), stop));
        }
    }

    private static FolderOptions Folder(QueuedWork work) => new()
    {
        Space = work.Space,
        Exclude = work.Exclude ?? [],
        Links = work.Links,
        DeleteExtra = work.DeleteExtra,
        Overwrite = work.Overwrite,
        Encryption = work.IsUp ? Encryption(work) : null,
        Identities = Identities(work),
    };

    private static EncryptionOptions? Encryption(QueuedWork work) => work.Encryption is not { } how ? null : new EncryptionOptions
    {
        Recipients = how.Passphrase is { } passphrase
            ? [new AgePassphrase(passphrase)]
            : [.. how.Recipients.SelectMany(AgeFiles.ReadRecipients)],
        EncryptName = how.HidesNames,
    };

    private static List<IContentIdentity> Identities(QueuedWork work)
    {
        if (work.Encryption is not { } how)
            return [];
        // An upload needs them only to open the key of a folder that is there.
        if (work.IsUp)
            return [.. how.Identities.Where(File.Exists).SelectMany(AgeFiles.FindIdentities)];
        var identities = how.Identities.SelectMany(AgeFiles.ReadIdentities).ToList();
        if (how.Passphrase is { } passphrase)
            identities.Add(new AgePassphrase(passphrase));
        return identities;
    }

    /// <summary>
    /// Returns whether another attempt may succeed. Where only the class of the failure says so, and not the service, the attempts end some
    /// day.
    /// </summary>
    private static bool MayPass(TransferException failure, int failures) => failure.IsTransient || (failures < MostAttempts
        && failure.Failure is TransferFailure.Network or TransferFailure.Server or TransferFailure.Checksum
            or TransferFailure.SourceChanged or TransferFailure.InvalidAnswer or TransferFailure.Unexpected);

    private static Outcome Of(FolderResult done) => done.Failures is [{ Failure: { } failure } first, ..]
        ? new Outcome(new Fault(
            Fault.ClassOf(failure),
            $"{done.Failed} of its files failed; the first was {PrintableText.Of(first.Path)}: {first.Message}"))
        : new Outcome();
}

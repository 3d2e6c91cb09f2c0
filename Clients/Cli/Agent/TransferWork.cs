using ChunkUpload.Cli.Login;
using ChunkUpload.Client;
using ChunkUpload.Client.Age;
using ChunkUpload.Client.Http;
using ChunkUpload.Wire;

namespace ChunkUpload.Cli.Agent;

/// <summary>Does entries by the library, as cu up and cu get do in the foreground.</summary>
internal sealed class TransferWork(BandwidthLimit all) : IEntryWork, IDisposable
{
    // Entries that follow one another use the same connections.
    private readonly Connections _connections = new();

    // What the service has of an upload expires by itself.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(15);

    public async Task<Outcome> RunAsync(QueueEntry entry, BandwidthLimit own, IProgress<TransferProgress> progress, CancellationToken stop)
    {
        PastTransfer? past = null;
        try
        {
            using var client = Client(entry.Work, [own, all], ended => past = ended);
            return (entry.Work.IsUp
                ? await SendAsync(client, entry, progress, stop)
                : await FetchAsync(client, entry, progress, stop)) with
            { Past = past };
        }
        catch (TransferException failure)
        {
            return new Outcome(
                new Fault(ExitCodes.Word(failure.Failure), failure.Message, failure.Code), failure.IsTransient, past);
        }
        catch (UsageException failure)
        {
            // The profile, its key or the file of the key is gone.
            return new Outcome(new Fault(ExitCodes.Word(TransferFailure.Authentication), failure.Message));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            return new Outcome(new Fault(ExitCodes.Word(TransferFailure.LocalFile), $"A key cannot be read: {failure.Message}"));
        }
    }

    public async Task AbandonAsync(QueueEntry entry, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        end.CancelAfter(Farewell);
        var work = entry.Work;
        try
        {
            using var client = Client(work, [], _ => { });
            foreach (var local in (string?[])[work.Local, work.LocalFolder])
            {
                if (local is not null)
                    _ = await client.AbandonAsync(local, work.Remote ?? "", work.Space, end.Token);
            }
        }
        catch (Exception failure) when (failure is TransferException or UsageException
            || (failure is OperationCanceledException && !stop.IsCancellationRequested))
        {
            // It expires.
        }
    }

    public void Dispose() => _connections.Dispose();

    private ChunkUploadClient Client(QueuedWork work, IReadOnlyList<BandwidthLimit> limits, Action<PastTransfer> ended)
    {
        var key = work.KeyFile is not null ? Target.KeyIn(work.KeyFile) : null;
        if (work.Profile is { } name)
        {
            if (!Settings.Load().Profiles.TryGetValue(name, out var profile) || Target.Address(profile.Url) != Target.Address(work.Url))
                throw new UsageException($"The profile {name} has no key for {work.Url} any more: run cu login, then cu retry.");
            key = KeyStore.Find(name, profile);
        }

        return new Target(Target.Address(work.Url), key, "", null).Client(limits, ended, _connections);
    }

    private static async Task<Outcome> SendAsync(
        ChunkUploadClient client, QueueEntry entry, IProgress<TransferProgress> progress, CancellationToken stop)
    {
        var work = entry.Work;
        if (Directory.Exists(work.Local))
        {
            if (work.Remote is null)
                return new Outcome(new Fault("refused", $"{work.Local} is a folder, which needs a path."));
            return Of(await client.UploadFolderAsync(work.Local, work.Remote, Folder(work), Bars.Whole(entry.Name, progress), stop));
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
                work.Remote ?? "", work.LocalFolder ?? work.Local, Folder(work), Bars.Whole(entry.Name, progress), stop));
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
            : [.. how.Recipients.Select(AgeRecipient.Parse)],
        EncryptName = how.HidesNames,
    };

    private static List<IContentIdentity> Identities(QueuedWork work)
    {
        if (work.Encryption is not { } how)
            return [];
        // An upload needs them only to open the key of a folder that is there.
        if (work.IsUp)
            return [.. how.Identities.Where(File.Exists).SelectMany(AgeFiles.FindIdentities)];
        var identities = how.Identities.SelectMany(AgeFiles.ReadIdentities).ToList<IContentIdentity>();
        if (how.Passphrase is { } passphrase)
            identities.Add(new AgePassphrase(passphrase));
        return identities;
    }

    private static Outcome Of(FolderResult done) => done.Failures is [{ Failure: { } failure } first, ..]
        ? new Outcome(new Fault(
            ExitCodes.Word(failure),
            $"{done.Failed} of its files failed; the first was {Output.Printable(first.Path)}: {first.Message}"))
        : new Outcome();
}

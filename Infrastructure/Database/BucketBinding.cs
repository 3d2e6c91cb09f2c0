using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Storage.S3;
using Dapper;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// Checks that bucket and ledger belong together, and registers the bucket as the store that all nodes share. The bucket's marker names its
/// ledger, and the ledger names its bucket. A start is refused if the bucket refuses, or belongs to another ledger. If the bucket that the
/// ledger knows does not answer, the service starts without it, and tries again until it does. Later it reads the marker now and then, so
/// that a bucket that fails is seen before a request needs it.
/// </summary>
internal sealed class BucketBinding(
    BucketOptions options, LedgerDatabase ledger, OtherStores stores, TimeProvider time, ILogger<BucketBinding> log)
    : PeriodicStep(TimeSpan.FromSeconds(10), time, log)
{
    // The row of the ledger's bucket, if it has one.
    private const string Facts = """
        select l.id as ledger, s.id as store, s.name from ledger l left join stores s on s.kind = 'bucket'
        """;

    // No index has the stores of all files: it is asked only where something is wrong.
    private const string NamesFiles = "select exists (select from stored_files where store = @Store and tombstone_at is null)";

    private const string Remember = """
        insert into stores (id, kind, name) values (@Id, 'bucket', @Name)
        on conflict (kind) where kind = 'bucket' do update set name = excluded.name, seen_at = now()
        returning id
        """;

    // A bucket that answers is asked once a minute, because each request may cost money.
    private const int TicksBetweenChecks = 6;

    private BucketClient? _client;
    private BucketStore? _store;
    private volatile bool _isSilent;
    private int _ticks;

    public override int Order => StartOrder.Storage + 10;

    public override string Name => "bucket";

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.IsSet)
        {
            if (await FactsAsync(cancellationToken) is { Store: not null } facts && await NamesFilesAsync(facts, cancellationToken))
                log.BucketNotSet(facts.Name!);
            return;
        }

        try
        {
            await BindAsync(cancellationToken);
        }
        catch (BucketException reason) when (reason.MayPass)
        {
            // The bucket may belong to another ledger: only its marker says so.
            if ((await FactsAsync(cancellationToken)).Store is null)
            {
                throw new StartRefusedException(
                    $"The bucket {Client.Name} does not answer, and must at the first start with it: {reason.Message.TrimEnd('.')}.",
                    reason);
            }

            log.BucketSilent(Client.Name, reason.Message);
            Note(reason.Message);
        }
        catch (BucketException reason)
        {
            throw Refused(reason);
        }

        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_store is not null)
            stores.Remove(_store.Id);
    }

    /// <summary>Checks ledger and bucket against each other, ties them, and registers the store.</summary>
    /// <exception cref="BucketException">The bucket does not answer, or refuses.</exception>
    /// <exception cref="StartRefusedException">The two do not belong together.</exception>
    internal async Task BindAsync(CancellationToken cancellationToken)
    {
        var facts = await FactsAsync(cancellationToken);
        var marker = await BucketMarker.FindAsync(Client, cancellationToken);
        if (marker is null && await NamesFilesAsync(facts, cancellationToken))
        {
            throw new StartRefusedException($"The ledger names files in the bucket {facts.Name}, and {Client.Name} has no "
                + $"{Client.Folder}{BucketMarker.Name}: name the right bucket with Storage:S3:Bucket and Storage:S3:Folder, or bring its "
                + "objects back.");
        }

        Require(marker, facts);
        // The ledger decides, so that nodes that begin at once write the same.
        var id = await RememberAsync(marker?.Id ?? facts.Store ?? Guid.NewGuid(), cancellationToken);
        if (marker is null)
        {
            await BucketMarker.New(id, facts.Ledger).WriteAsync(Client, cancellationToken);
            // Another ledger may have been quicker.
            marker = await BucketMarker.FindAsync(Client, cancellationToken)
                ?? throw new StartRefusedException($"The bucket {Client.Name} took {BucketMarker.Name}, and does not have it.");
            Require(marker, facts with { Store = id });
        }

        stores.Add(_store = new BucketStore(id, Client));
        Note(null);
        log.BucketReady(Client.Name);
    }

    /// <summary>Registers the bucket for a verb that looks at its files, and changes nothing.</summary>
    /// <returns>Why it cannot be read; <c>null</c>: it can, or there is none.</returns>
    public async Task<string?> OpenToReadAsync(CancellationToken cancellationToken)
    {
        if (!options.IsSet || await FactsAsync(cancellationToken) is not { Store: { } id } facts)
            return null;
        try
        {
            var marker = await BucketMarker.FindAsync(Client, cancellationToken);
            if (marker is null)
                return $"The bucket {Client.Name} has no {Client.Folder}{BucketMarker.Name}.";
            Require(marker, facts);
            stores.Add(_store = new BucketStore(id, Client));
            return null;
        }
        catch (BucketException reason)
        {
            return $"The bucket {Client.Name} cannot be read: {reason.Message}";
        }
        catch (StartRefusedException reason)
        {
            return reason.Message;
        }
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        if (_store is not null)
        {
            if (stores.Bucket is { Trouble: not null } || ++_ticks % TicksBetweenChecks == 0)
                await CheckAsync(cancellationToken);
            return;
        }

        try
        {
            await BindAsync(cancellationToken);
        }
        catch (BucketException reason) when (reason.MayPass)
        {
        }
        catch (Exception reason) when (reason is BucketException or StartRefusedException)
        {
            log.BucketRefused(Client.Name, reason.Message);
            Note(reason.Message);
        }
    }

    /// <summary>Reads the marker and notes whether that is possible.</summary>
    internal async Task CheckAsync(CancellationToken cancellationToken)
    {
        var trouble = stores.Bucket?.Trouble;
        try
        {
            var marker = await BucketMarker.FindAsync(Client, cancellationToken);
            Note(
                marker is null ? $"It has no {Client.Folder}{BucketMarker.Name}; the files in it may be missing, too." : null,
                isUnmarked: marker is null);
        }
        catch (BucketException reason) when (reason.IsSilent)
        {
            // Tell has noted the reason; that of a request that was not sent would say less.
        }
        catch (Exception reason) when (reason is BucketException or StartRefusedException)
        {
            Note(reason.Message);
        }

        // A bucket that is silent, or is so no more, has been logged by Tell.
        if (stores.Bucket?.Trouble is { } now && trouble is null && !_isSilent)
            log.BucketRefused(Client.Name, now);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _client?.Dispose();
    }

    private BucketClient Client => _client ??= new BucketClient(options.Settings, options.Key, Time) { Changed = Tell };

    private void Note(string? trouble, bool isUnmarked = false)
    {
        var known = stores.Bucket;
        trouble = trouble is null ? null : trouble.TrimEnd('.') + ".";
        if (known is null || (known.Trouble is null) != (trouble is null))
            known = new BucketHealth(Client.Name, trouble, Time.GetUtcNow());
        stores.Bucket = known with { Trouble = trouble, IsUnmarked = isUnmarked };
    }

    /// <summary>The start and the tries after it log for themselves.</summary>
    private void Tell(string? reason)
    {
        _isSilent = reason is not null;
        if (_store is null)
            return;
        Note(reason);
        if (reason is null)
            log.BucketReady(_client!.Name);
        else
            log.BucketSilent(_client!.Name, reason);
    }

    private void Require(BucketMarker? marker, FactsRow facts)
    {
        if (marker is null)
            return;
        if (marker.Ledger != facts.Ledger)
        {
            throw new StartRefusedException($"The bucket {Client.Name} belongs to the ledger {marker.Ledger}, and this one is "
                + $"{facts.Ledger}: name another bucket, or another folder in it, with Storage:S3:Bucket and Storage:S3:Folder, or the "
                + "right database with ConnectionStrings:Ledger.");
        }

        if (facts.Store is { } known && marker.Id != known)
        {
            throw new StartRefusedException($"The bucket {Client.Name} is the store {marker.Id}, and the ledger's bucket is {known} "
                + $"({facts.Name}): name that one with Storage:S3:Bucket and Storage:S3:Folder.");
        }
    }

    private StartRefusedException Refused(BucketException reason) =>
        new($"The bucket {Client.Name} refuses: {reason.Message.TrimEnd('.')}; check Storage:S3.", reason);

    private async Task<FactsRow> FactsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await ledger.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<FactsRow>(new CommandDefinition(Facts, cancellationToken: cancellationToken));
    }

    private async Task<bool> NamesFilesAsync(FactsRow facts, CancellationToken cancellationToken)
    {
        if (facts.Store is null)
            return false;
        await using var connection = await ledger.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(
            new CommandDefinition(NamesFiles, new { facts.Store }, cancellationToken: cancellationToken));
    }

    private async Task<Guid> RememberAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await ledger.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<Guid>(
            new CommandDefinition(Remember, new { Id = id, Name = Client.Name }, cancellationToken: cancellationToken));
    }

    private sealed record FactsRow(Guid Ledger, Guid? Store, string? Name);
}

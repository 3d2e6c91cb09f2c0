using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound.S3;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>Sends requests with the key of one connection, records each, and says what failures mean.</summary>
internal sealed class S3Client(
    S3Clients clients, S3Settings settings, S3Abilities abilities, IConnectionLedger ledger, ConnectorContext context, TimeProvider time)
{
    /// <summary>The operation that looks for an object by its name: that there is none is no failure.</summary>
    public const string Find = "FindObject";

    private static readonly TimeSpan ShortTimeout = TimeSpan.FromSeconds(60);

    private AmazonS3Client? _client;

    public S3Settings Settings => settings;

    public S3Abilities Abilities => abilities;

    /// <summary>A request with a short answer.</summary>
    public async Task<Outcome<T>> AskAsync<T>(
        string operation, Func<IAmazonS3, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
        where T : AmazonWebServiceResponse
    {
        using var limit = new CancellationTokenSource(ShortTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await SendAsync(operation, ask, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new StorageFault(FaultKind.Transient, "The storage did not answer in time.");
        }
    }

    /// <summary>A request whose body, or answer, may take long; the worker's lease limits how long nothing moves.</summary>
    public async Task<Outcome<T>> SendAsync<T>(
        string operation, Func<IAmazonS3, CancellationToken, Task<T>> send, CancellationToken cancellationToken)
        where T : AmazonWebServiceResponse
    {
        var client = await ClientAsync(cancellationToken);
        if (!client.Ok)
            return client.Fault;
        var began = time.GetTimestamp();
        try
        {
            var answer = await send(client.Value, cancellationToken);
            Record(operation, answer.HttpStatusCode, began, answer.ResponseMetadata?.RequestId, null);
            return answer;
        }
        catch (AmazonServiceException reason) when (!S3Faults.IsTooLong(reason))
        {
            var fault = S3Faults.Of(reason);
            var status = reason.StatusCode == default ? (HttpStatusCode?)null : reason.StatusCode;
            // The owner may have given another key by now.
            if (fault.Kind == FaultKind.SignIn)
                clients.Forget(context.Connection!.Id);
            var isFree = operation == Find && fault.Kind == FaultKind.Gone;
            Record(operation, status, began, reason.RequestId, isFree ? null : fault);
            return fault;
        }
        catch (Exception reason) when (S3Faults.OfNetwork(reason) is { } fault && !cancellationToken.IsCancellationRequested)
        {
            Record(operation, null, began, null, fault);
            return fault;
        }
    }

    private async Task<Outcome<AmazonS3Client>> ClientAsync(CancellationToken cancellationToken)
    {
        if (_client is { } known)
            return known;
        // A disabled connection came with a restored backup: the original service may still use it.
        if (context.Connection!.State == ConnectionState.Disabled)
            return new StorageFault(FaultKind.SignIn, "A backup was restored. Give the access key again where it is needed.");
        if (context.Trial is { } trial)
        {
            return AccessKey.Of(trial.Secret) is { } tried
                ? _client = clients.Make(settings, tried)
                : new StorageFault(FaultKind.SignIn, "This is no access key.");
        }

        if (clients.Recent(context.Connection.Id) is { } recent)
            return _client = recent;
        if (await ledger.SecretAsync(context.Connection.Id, cancellationToken) is not { } held || AccessKey.Of(held.Secret) is not { } key)
            return new StorageFault(FaultKind.SignIn, "The saved access key cannot be read any more. Give it again.");
        return _client = clients.Get(context.Connection.Id, held.Epoch, settings, key);
    }

    private void Record(string operation, HttpStatusCode? status, long began, string? requestId, StorageFault? fault) =>
        context.Calls.Add(new StorageCall(operation, (int?)status, time.GetElapsedTime(began), requestId, fault?.Kind));
}

/// <summary>
/// What the store of a connection has turned out to know. Stores differ, and none says beforehand what it has: a request that is refused
/// for it is sent again without.
/// </summary>
internal sealed class S3Abilities(bool wholeBodies)
{
    /// <summary>SHA-256 as a checksum of its own, which the store keeps.</summary>
    public volatile bool Checksums = true;

    /// <summary>Bodies that are signed, or whose checksum comes, after they were sent.</summary>
    public volatile bool Trailers = !wholeBodies;

    /// <summary>If-None-Match at writing.</summary>
    public volatile bool Conditions = true;

    /// <summary>The tag of what came in one request is its MD5; learnt from the first that is.</summary>
    public volatile bool Md5Tags;

    /// <summary>Sends a request, and where the store does not know what it asks for, again with less of it.</summary>
    public async Task<Outcome<T>> TryAsync<T>(Func<Task<Outcome<T>>> send)
        where T : class
    {
        while (true)
        {
            var before = (Trailers, Checksums, Conditions);
            var answer = await send();
            if (!ReferenceEquals(answer.Fault, S3Faults.Unknown) || ((Trailers, Checksums, Conditions) == before && !Lower()))
                return answer;
        }
    }

    private bool Lower()
    {
        if (Trailers)
            Trailers = false;
        else if (Checksums)
            Checksums = false;
        else if (Conditions)
            Conditions = false;
        else
            return false;
        return true;
    }
}

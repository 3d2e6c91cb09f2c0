using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Core.Access;

/// <summary>
/// Finds the holder of an API key, a session's token or a link. Results are cached until <see cref="AccessWatch"/> sees that the rights
/// have changed, so that a request costs no query.
/// </summary>
public sealed class Credentials(IPeopleLedger people, BrowserSessions sessions, TimeProvider time)
{
    /// <summary>How long cached credentials stay valid while the version of the rights cannot be read.</summary>
    public static readonly TimeSpan Trusted = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan UseIsNotedEvery = TimeSpan.FromMinutes(1);
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<Digest, Known> _known = new();
    private long _epoch;
    private long _confirmed = time.GetTimestamp();

    /// <summary>Returns null if the key is not valid.</summary>
    public async Task<Caller?> OfKeyAsync(string secret, CancellationToken cancellationToken) => KeySecret.IsWellFormed(secret)
        ? await OfKeyAsync(Digest.Of(secret), () => people.FindHeldKeyAsync(KeySecret.Hash(secret), cancellationToken), cancellationToken)
        : null;

    /// <summary>
    /// Returns the caller of the key that a client certificate names; null if the key is not valid, or belongs to another tenant.
    /// </summary>
    public async Task<Caller?> OfKeyAsync(Guid id, string tenant, CancellationToken cancellationToken) =>
        await OfKeyAsync(Digest.Of($"key {id:n}"), () => people.FindHeldKeyAsync(id, cancellationToken), cancellationToken) is { } caller
            && caller.Tenant == tenant ? caller : null;

    private async Task<Caller?> OfKeyAsync(Digest digest, Func<Task<HeldKey?>> find, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (await HeldAsync(digest, find) is not { Key: { } held } known)
            return null;
        var caller = held.CallerAt(now);
        if (caller is not null && known.NoteUse(now, UseIsNotedEvery))
            await people.KeyUsedAsync(held.Key.Id, now, cancellationToken);
        return caller;
    }

    private async Task<Known?> HeldAsync(Digest digest, Func<Task<HeldKey?>> find)
    {
        if (Recall(digest) is { Key: not null } known)
            return known;
        var epoch = Volatile.Read(ref _epoch);
        if (await find() is not { } found)
            return null;
        known = new Known(found, null, found.Key.UsedAt ?? default);
        Remember(digest, known, epoch);
        return known;
    }

    /// <summary>Returns the link with this token, whether or not it is valid; null if there is none.</summary>
    public async Task<HeldLink?> OfLinkAsync(string token, CancellationToken cancellationToken)
    {
        if (!LinkToken.IsWellFormed(token))
            return null;
        var digest = Digest.Of(token);
        if (Recall(digest) is { Link: { } link })
            return link;
        var epoch = Volatile.Read(ref _epoch);
        if (await people.FindHeldLinkAsync(LinkToken.Hash(token), cancellationToken) is not { } found)
            return null;
        Remember(digest, new Known(null, null, default) { Link = found }, epoch);
        return found;
    }

    /// <summary>Returns null if the session has ended.</summary>
    /// <param name="isUse">Whether the call counts as use and so extends the session. Checking the session of a running request does
    /// not.</param>
    public async Task<BrowserSession?> OfSessionAsync(string token, bool isUse, CancellationToken cancellationToken)
    {
        var digest = Digest.Of(token);
        var now = time.GetUtcNow();
        // If the use must be recorded, read the session from the ledger.
        if (Recall(digest) is { Session: { } session } known && session.IsAliveAt(now) && !(isUse && known.NoteUse(now, UseIsNotedEvery)))
            return session;
        var epoch = Volatile.Read(ref _epoch);
        if (await sessions.FindAsync(token, isUse, cancellationToken) is not { } found)
            return null;
        Remember(digest, new Known(null, found, found.UsedAt), epoch);
        return found;
    }

    /// <summary>Returns the caller for the user that a client certificate names; null if that user may not use the tenant.</summary>
    /// <param name="id">Distinguishes the certificate from others.</param>
    public async Task<Caller?> OfNamedAsync(string user, string tenant, string id, CancellationToken cancellationToken)
    {
        var digest = Digest.Of("user " + user);
        var held = Recall(digest)?.User;
        if (held is null)
        {
            var epoch = Volatile.Read(ref _epoch);
            if ((await people.FindSecretsAsync(user, cancellationToken))?.User is not { } found)
                return null;
            Remember(digest, new Known(null, null, default) { User = found }, epoch);
            held = found;
        }

        return await IsActiveAsync(tenant, cancellationToken)
            ? held.CallerIn(tenant, new Credential(CredentialKind.Certificate, id))
            : null;
    }

    /// <summary>
    /// Returns the caller for background work of a subject. It does not count as a use of a key.
    /// </summary>
    /// <param name="key">The API key with which the work was started; null if it was started without a key.</param>
    /// <returns>Null if the subject has no rights in the tenant any more, or its key has ended.</returns>
    public async Task<Caller?> OfSubjectAsync(string tenant, string subject, Guid? key, CancellationToken cancellationToken)
    {
        var parsed = SubjectId.Parse(subject);
        if ((key ?? parsed?.Key) is { } id)
        {
            var held = await HeldAsync(Digest.Of($"key {id:n}"), () => people.FindHeldKeyAsync(id, cancellationToken));
            return held?.Key?.CallerAt(time.GetUtcNow()) is { } caller && caller.Tenant == tenant && caller.Subject == subject
                ? caller
                : null;
        }

        if (!await IsActiveAsync(tenant, cancellationToken))
            return null;
        if (parsed?.User is { } user)
        {
            var digest = Digest.Of($"user id {user:n}");
            if (Recall(digest) is not { User: { } known })
            {
                var epoch = Volatile.Read(ref _epoch);
                if (await people.FindUserAsync(user, cancellationToken) is not { } found)
                    return null;
                Remember(digest, new Known(null, null, default) { User = found }, epoch);
                known = found;
            }

            return known.CallerIn(tenant, default);
        }

        return subject == Caller.Operator.Subject ? Caller.Operator with { Tenant = tenant }
            : subject == Caller.Anonymous.Subject ? Caller.Anonymous with { Tenant = tenant }
            : null;
    }

    /// <summary>Returns a function that looks up the caller of a subject's work again (<see cref="RunningCallers"/>).</summary>
    public CallerRecheck RecheckOf(string tenant, string subject, Guid? key) =>
        new($"{tenant} {subject} {key:n}", cancel => OfSubjectAsync(tenant, subject, key, cancel));

    /// <summary>Returns whether a tenant exists and is not suspended.</summary>
    public async Task<bool> IsActiveAsync(string tenant, CancellationToken cancellationToken)
    {
        var digest = Digest.Of("tenant " + tenant);
        if (Recall(digest) is { Tenant: { } known })
            return known.IsActive;
        var epoch = Volatile.Read(ref _epoch);
        if (await people.FindTenantAsync(tenant, cancellationToken) is not { } found)
            return false;
        Remember(digest, new Known(null, null, default) { Tenant = found }, epoch);
        return found.IsActive;
    }

    /// <summary>Drops everything from the cache, because the rights have changed.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref _epoch);
        _known.Clear();
    }

    /// <summary>Called when the version of the rights was read, so that the cache is known to be current.</summary>
    public void Confirm() => Volatile.Write(ref _confirmed, time.GetTimestamp());

    private Known? Recall(Digest digest) =>
        time.GetElapsedTime(Volatile.Read(ref _confirmed)) < Trusted ? _known.GetValueOrDefault(digest) : null;

    private void Remember(Digest digest, Known known, long epoch)
    {
        if (_known.Count >= Most)
            _known.Clear();
        _known[digest] = known;
        // The rights may have changed since the query.
        if (Volatile.Read(ref _epoch) != epoch)
            _known.TryRemove(digest, out _);
    }

    private sealed class Known(HeldKey? key, BrowserSession? session, DateTimeOffset usedAt)
    {
        private long _usedAt = usedAt.Ticks;

        public HeldKey? Key => key;

        public BrowserSession? Session => session;

        public Tenant? Tenant { get; init; }

        public User? User { get; init; }

        public HeldLink? Link { get; init; }

        /// <summary>Returns true for one call in each interval.</summary>
        public bool NoteUse(DateTimeOffset now, TimeSpan every)
        {
            var was = Volatile.Read(ref _usedAt);
            return now.Ticks - was >= every.Ticks && Interlocked.CompareExchange(ref _usedAt, now.Ticks, was) == was;
        }
    }

    /// <summary>The SHA-256 of a secret: memory holds no secrets.</summary>
    private readonly record struct Digest(Int128 High, Int128 Low)
    {
        public static Digest Of(string secret)
        {
            Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(secret), bytes);
            return System.Runtime.InteropServices.MemoryMarshal.Read<Digest>(bytes);
        }
    }
}

using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using ChunkUpload.Client.Http;
using ChunkUpload.Wire;

namespace ChunkUpload.Client;

/// <content>Links for people without an account, and keys for programs.</content>
public sealed partial class ChunkUploadClient
{
    private const string Links = "api/links";
    private const string Keys = "api/keys";

    /// <summary>Makes a link. Its address is in this answer only.</summary>
    /// <exception cref="TransferException">The key may not do itself what the link would permit, or there is no such path.</exception>
    public async Task<MadeLink> AddLinkAsync(NewLink link, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(link);
        var isUpload = link.Kind == LinkKind.Upload;
        var body = new NewLinkBody(
            isUpload ? "upload" : "download", link.Title, link.Space, link.Path?.Trim('/'), isUpload && link.Path is not null,
            (long?)link.Lifetime?.TotalSeconds, link.MaxSize, link.MaxFiles, link.MaxBytes, Some(link.Types), Some(link.Names),
            link.Folders, link.MaxDownloads, link.Password);
        // A lost answer is not repeated: there would be a second link.
        var made = await _calls.SendAsync(
            _calls.Json(HttpMethod.Post, Links, body, ClientJson.Default.NewLinkBody), ClientJson.Default.MadeLinkAnswer,
            cancellationToken);
        return new MadeLink(made.Link, _calls.Address.Resolve(made.Url));
    }

    /// <summary>Lists links, the newest first, also those that have ended.</summary>
    /// <exception cref="TransferException">The service cannot be asked.</exception>
    public IAsyncEnumerable<ShareLink> ListLinksAsync(CancellationToken cancellationToken = default) =>
        PagesAsync(Links, ClientJson.Default.PageShareLink, cancellationToken);

    /// <summary>
    /// Gives the password of the link that is the service's address, before the first transfer. It holds for an hour, for an upload link
    /// for a day.
    /// </summary>
    /// <exception cref="TransferException">The password is wrong, or there were too many wrong ones.</exception>
    /// <exception cref="InvalidOperationException">The service's address is not that of a link.</exception>
    public Task OpenLinkAsync(string password, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(password);
        return _calls.Address.IsLink
            ? _calls.EnterAsync(password, cancellationToken)
            : throw new InvalidOperationException("Only links have passwords.");
    }

    /// <summary>Ends a link at once. Received files stay.</summary>
    /// <exception cref="TransferException">There is none, or the service cannot be asked.</exception>
    public async Task EndLinkAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        try
        {
            _ = await CallAsync(HttpMethod.Delete, $"{Links}/{Uri.EscapeDataString(id)}", cancellationToken);
        }
        catch (TransferException failure) when (failure.Code == ProblemCodes.NoSuchLink)
        {
            // For a request through a link, this means a missing right. Here, the address does not exist.
            throw new TransferException(TransferFailure.NotFound, failure.Message, failure)
            {
                Code = failure.Code,
                Status = failure.Status,
            };
        }
    }

    /// <summary>Makes a key. Its secret is in this answer only.</summary>
    /// <exception cref="TransferException">The client's own key may not make such a key.</exception>
    public async Task<MadeKey> AddKeyAsync(NewKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        var body = new NewKeyBody(key.Name, key.Rights, key.IsOfTenant ? "tenant" : null, key.Days);
        // A lost answer is not repeated: there would be a second key.
        var made = await _calls.SendAsync(
            _calls.Json(HttpMethod.Post, Keys, body, ClientJson.Default.NewKeyBody), ClientJson.Default.MadeKey, cancellationToken);
        return made is { Key: not null, Secret: not null } ? made : throw TransferException.Invalid("The answer has no key.");
    }

    /// <summary>Lists the keys that the client's own key may see, the newest first, also those that were revoked.</summary>
    /// <exception cref="TransferException">The service cannot be asked.</exception>
    public IAsyncEnumerable<ServiceKey> ListKeysAsync(CancellationToken cancellationToken = default) =>
        PagesAsync(Keys, ClientJson.Default.PageServiceKey, cancellationToken);

    /// <summary>Ends a key at once, and with it the keys and links that it has made.</summary>
    /// <exception cref="TransferException">There is none, it has more rights than the client's own key, or the service cannot be
    /// asked.</exception>
    public Task RevokeKeyAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return CallAsync(HttpMethod.Delete, $"{Keys}/{Uri.EscapeDataString(id)}", cancellationToken);
    }

    private static IReadOnlyList<string>? Some(IReadOnlyList<string> items) => items.Count > 0 ? items : null;

    private async IAsyncEnumerable<T> PagesAsync<T>(
        string address, JsonTypeInfo<Page<T>> type, [EnumeratorCancellation] CancellationToken stop)
        where T : class
    {
        var pages = Pages.AllAsync(
            async cursor =>
            {
                var page = cursor.Length == 0 ? address : $"{address}?{cursor[1..]}";
                return (await CallAsync(HttpMethod.Get, page, stop)).Read(type);
            },
            stop);
        await foreach (var page in pages)
        {
            foreach (var item in page.Items)
                yield return item;
        }
    }
}

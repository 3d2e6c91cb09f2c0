using ChunkUpload.Api.Access;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

internal sealed record WebAddressesBody
{
    /// <summary>The addresses, as in a transfer's source.addresses.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }
}

internal sealed class WebAddressesValidator : AbstractValidator<WebAddressesBody>
{
    private const int Most = 50;

    public WebAddressesValidator() =>
        RuleFor(body => body).Custom((body, context) => AddressRules.Check(body.Addresses ?? [], Most, "addresses", context.AddFailure));
}

/// <summary>The file at an address; the address itself is not repeated.</summary>
internal sealed record WebFileView
{
    public const string Example = """
        {"name":"debian.iso","size":689963008,"modifiedAt":"2026-01-15T09:30:00.000Z","mediaType":"application/octet-stream",
         "resumable":true,"fault":null}
        """;

    public required string Name { get; init; }

    /// <summary>The size; null if unknown.</summary>
    public required long? Size { get; init; }

    public required DateTimeOffset? ModifiedAt { get; init; }

    public required string? MediaType { get; init; }

    /// <summary>Whether a download can be resumed after an interruption; otherwise it restarts.</summary>
    public required bool Resumable { get; init; }

    /// <summary>Why it cannot be read now, as a sentence; null if it can.</summary>
    public required string? Fault { get; init; }
}

/// <summary>POST /api/transfers/addresses: checks addresses before a transfer is created.</summary>
internal static class LookAtAddresses
{
    private const int AtOnce = 8;

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(20);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost(TransferRoutes.All + "/addresses", HandleAsync)
        .RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<WebAddressesBody> validator, ConnectorSet connectors, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(
            context, ApiJson.In.WebAddressesBody, validator, null, context.RequestAborted, NewTransferValidator.MostBytes);
        if (read.Value is not { } body)
            return read.Refusal!;
        var lines = body.Addresses!;
        var found = new WebFileView[lines.Count];
        using var limit = new CancellationTokenSource(Within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        var caller = context.Caller();
        await Parallel.ForAsync(
            0, lines.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = context.RequestAborted },
            async (i, _) => found[i] = await LookAsync(WebAddress.Parse(lines[i], out var _)!, caller, connectors, either.Token));
        context.Response.Headers.CacheControl = "no-store";
        return JsonAnswer.Of(new ListOf<WebFileView>(found, null), ApiJson.Out.ListOfWebFileView);
    }

    private static async Task<WebFileView> LookAsync(
        WebAddress address, Caller caller, ConnectorSet connectors, CancellationToken cancellationToken)
    {
        var source = connectors.Find(WebAddress.KindName)!.Source(new ConnectorContext(caller, null, NoCallLog.Instance))!;
        // Its response may still be open.
        using var closing = source as IDisposable;
        Outcome<SourceItem> found;
        try
        {
            found = await source.StatAsync(address.Line, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            found = new StorageFault(FaultKind.Transient, $"{address.Location.Host} did not answer in time.");
        }

        return new WebFileView
        {
            Name = found.Value?.Name ?? address.Name,
            Size = found.Value?.Size,
            ModifiedAt = found.Value?.Modified,
            MediaType = found.Value?.MediaType,
            Resumable = found.Value is { FromStartOnly: false },
            Fault = found.Fault?.Sentence,
        };
    }

    private static EndpointDoc Doc => new(
        TransferRoutes.Tag, nameof(LookAtAddresses), "Inspect web addresses",
        """
        Asks each server for the first byte of a file, and tells what a transfer of these addresses would bring, in their order. Addresses
        of private networks are refused unless Connections:AllowPrivateNetworks is set.
        """)
    {
        Json = new(
            typeof(WebAddressesBody),
            """{"addresses":["https://example.org/debian.iso","https://example.org/get?id=7 report.pdf"]}"""),
        Answers = [new(200, "What is there.", typeof(ListOf<WebFileView>), Examples.Page(WebFileView.Example))],
    };
}

using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Swagger;

/// <summary>
/// Endpoint metadata: the contract's documentation of one endpoint, which <see cref="DocumentedOperations"/> converts to OpenAPI.
/// </summary>
/// <param name="Name">Verb and noun like the file's name; the operation's id.</param>
internal sealed record EndpointDoc(string Tag, string Name, string Summary, string Description) : ITrafficEndpoint
{
    /// <summary>The JSON body's type, and a worked example of it.</summary>
    public Body? Json { get; init; }

    /// <summary>Describes the raw bytes, for endpoints that accept bytes.</summary>
    public string? Bytes { get; init; }

    public bool CreatesUpload { get; init; }

    public bool CarriesContent => Bytes is not null || Answers.Any(answer => answer.Type == typeof(Stream));

    public string BytesType { get; init; } = "application/octet-stream";

    public bool BytesRequired { get; init; } = true;

    public IReadOnlyList<Parameter> Query { get; init; } = [];

    /// <summary>Another service chooses the parameters, so unknown and wrong ones are not refused.</summary>
    public bool QueryIsForeign { get; init; }

    public IReadOnlyList<Parameter> Headers { get; init; } = [];

    public IReadOnlyList<Answer> Answers { get; init; } = [];

    /// <summary>The protocol whose statuses the errors have; null for the service's own.</summary>
    public UploadProtocol? Protocol { get; init; }

    /// <summary>Its errors, except those that <see cref="ErrorsOf"/> derives from the rest.</summary>
    public IReadOnlyList<ErrorRow> Errors { get; init; } = [];

    /// <param name="Example">JSON.</param>
    internal sealed record Body(Type Type, string Example, bool Required = true);

    internal sealed record Parameter(string Name, string Description, string Example, bool Required = false)
    {
        public bool IsNumber { get; init; }
    }

    /// <param name="Example">JSON or text; null if there is no body.</param>
    internal sealed record Answer(int Status, string Description, Type? Type = null, string? Example = null)
    {
        public string MediaType { get; init; } = "application/json";

        public IReadOnlyList<Parameter> Headers { get; init; } = [];
    }
}

internal static class DocumentedEndpoints
{
    public static RouteHandlerBuilder Document(this RouteHandlerBuilder endpoint, EndpointDoc doc) =>
        endpoint.WithMetadata(doc).WithTags(doc.Tag).WithName(doc.Name);
}

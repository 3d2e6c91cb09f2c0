using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Api.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ChunkUpload.Api.Swagger;

/// <summary>
/// Converts an endpoint's <see cref="EndpointDoc"/> to its OpenAPI operation: parameters, bodies, examples, responses, error codes.
/// </summary>
internal sealed class DocumentedOperations : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<EndpointDoc>().LastOrDefault() is not { } doc)
            return;
        var anonymous = metadata.OfType<IAllowAnonymous>().Any();

        operation.OperationId = doc.Name;
        operation.Summary = doc.Summary;
        operation.Description = doc.Description;
        operation.Parameters =
        [
            .. PathParameters.Of(context.ApiDescription.RelativePath!).Select(parameter => Parameter(parameter, ParameterLocation.Path)),
            .. doc.Query.Select(parameter => Parameter(parameter, ParameterLocation.Query)),
            .. doc.Headers.Select(parameter => Parameter(parameter, ParameterLocation.Header)),
        ];
        operation.RequestBody = RequestBody(doc, context);
        operation.Responses = [];
        foreach (var answer in doc.Answers)
            operation.Responses[answer.Status.ToString(CultureInfo.InvariantCulture)] = Response(answer, context);
        AddErrors(operation, doc, anonymous, context);
        if (!anonymous)
        {
            operation.Security =
                [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(ContractRegistration.Scheme, context.Document)] =
                    [] }];
        }
    }

    private static OpenApiParameter Parameter(EndpointDoc.Parameter parameter, ParameterLocation place) => new()
    {
        Name = parameter.Name,
        In = place,
        // Swagger UI fills in the examples when a user tries a call. This is useful for required parameters. Examples of optional ones
        // would contradict each other, so they are in the description.
        Description = parameter.Required ? parameter.Description : $"{parameter.Description} Example: `{parameter.Example}`",
        Required = parameter.Required,
        Schema = parameter.IsNumber
            ? new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" }
            : new OpenApiSchema { Type = JsonSchemaType.String },
        Example = !parameter.Required ? null : parameter.IsNumber ? JsonNode.Parse(parameter.Example) : parameter.Example,
    };

    private static OpenApiRequestBody? RequestBody(EndpointDoc doc, OperationFilterContext context)
    {
        if (doc.Json is { } json)
        {
            return new OpenApiRequestBody
            {
                Required = json.Required,
                Content = Content("application/json", Schema(json.Type, context), JsonNode.Parse(json.Example)),
            };
        }

        return doc.Bytes is { } bytes
            ? new OpenApiRequestBody { Description = bytes, Required = doc.BytesRequired, Content = Content(doc.BytesType, Binary(), null) }
            : null;
    }

    private static OpenApiResponse Response(EndpointDoc.Answer answer, OperationFilterContext context)
    {
        var response = new OpenApiResponse { Description = answer.Description };
        if (answer.Type is { } type)
        {
            var isJson = answer.MediaType == "application/json";
            var example = answer.Example is { } text ? isJson ? JsonNode.Parse(text) : JsonValue.Create(text) : null;
            response.Content = Content(answer.MediaType, type == typeof(Stream) ? Binary() : Schema(type, context), example);
        }

        if (answer.Headers.Count > 0)
        {
            response.Headers = answer.Headers.ToDictionary(
                header => header.Name,
                IOpenApiHeader (header) => new OpenApiHeader
                {
                    Description = header.Description,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                    Example = header.Example,
                });
        }

        return response;
    }

    // One answer per status; its description lists the codes that have it, its example shows the first.
    private static void AddErrors(OpenApiOperation operation, EndpointDoc doc, bool anonymous, OperationFilterContext context)
    {
        var head = HttpMethods.IsHead(context.ApiDescription.HttpMethod ?? "");
        var rows = ErrorsOf.Endpoint(doc, anonymous);
        foreach (var group in rows.GroupBy(row => row.StatusFor(doc.Protocol, head)).OrderBy(group => group.Key))
        {
            var first = group.First();
            operation.Responses![group.Key.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = string.Join('\n', group.Select(row => $"- `{row.Code}`: {row.Title}{When(row.Retry)}.")),
                Content = Content(Problem.MediaType, Schema(typeof(Problem), context), ExampleOf(first, group.Key)),
            };
        }
    }

    private static string When(Retry retry) => retry switch
    {
        Retry.AtOnce => " (retry at once)",
        Retry.Backoff => " (retry after retryAfterMs)",
        _ => "",
    };

    private static JsonObject ExampleOf(ErrorRow row, int status) => new()
    {
        ["type"] = row.Type,
        ["title"] = row.Title,
        ["status"] = status,
        ["detail"] = row.Title + ".",
        ["code"] = row.Code,
        ["retryable"] = row.Retry != Retry.Never,
        ["retryAfterMs"] = row.Retry switch { Retry.Never => null, Retry.AtOnce => 0, _ => 187 },
        ["requestId"] = "5f0c3b1e9a7d4c2f8e6b1a09",
    };

    private static IOpenApiSchema Schema(Type type, OperationFilterContext context) =>
        context.SchemaGenerator.GenerateSchema(type, context.SchemaRepository);

    private static OpenApiSchema Binary() => new() { Type = JsonSchemaType.String, Format = "binary" };

    private static Dictionary<string, IOpenApiMediaType> Content(string mediaType, IOpenApiSchema schema, JsonNode? example) =>
        new(StringComparer.Ordinal) { [mediaType] = new OpenApiMediaType { Schema = schema, Example = example } };
}

using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ChunkUpload.Api.Swagger;

/// <summary>Describes the groups of operations and sorts addresses independently of their registration.</summary>
internal sealed class DocumentedTags : IDocumentFilter
{
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        var used = context.ApiDescriptions
            .SelectMany(description => description.ActionDescriptor.EndpointMetadata.OfType<EndpointDoc>())
            .Select(doc => doc.Tag)
            .ToHashSet(StringComparer.Ordinal);
        swaggerDoc.Tags = new HashSet<OpenApiTag>(
            ContractText.Tags.Where(tag => used.Contains(tag.Name))
                .Select(tag => new OpenApiTag { Name = tag.Name, Description = tag.Description }));
    }
}

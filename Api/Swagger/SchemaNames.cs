namespace ChunkUpload.Api.Swagger;

/// <summary>Names the contract's schemas by what clients call a thing, not by class names.</summary>
internal static class SchemaNames
{
    public static string Of(Type type)
    {
        if (type.IsGenericType)
            return Of(type.GetGenericArguments()[0]) + "Page";
        var name = type.Name;
        foreach (var suffix in (string[])["View", "Body"])
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal))
                return name[..^suffix.Length];
        }

        return name;
    }
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const

/** Asks for a request by method and address, and the button that sends the form. */
export function RequestFields(props: { readonly example: string; readonly submit: string }) {
  return (
    <div class="fields">
      <label>
        Method
        <select name="method">
          {METHODS.map((method) => (
            <option key={method}>{method}</option>
          ))}
        </select>
      </label>
      <label class="grow">
        Address
        <input name="target" type="url" required placeholder={props.example} />
      </label>
      <button type="submit">{props.submit}</button>
    </div>
  )
}

/** The request that was filled in, as the API takes it. */
export function requestOf(form: FormData) {
  return { type: 'http', method: form.get('method'), target: form.get('target') }
}

// HTTP, one request at a time.
// Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <esp_err.h>
#include <stdint.h>

#define ESP_ERR_HTTP_EAGAIN 0x7007

typedef struct esp_http_client* esp_http_client_handle_t;
typedef enum {
  HTTP_EVENT_ERROR,
  HTTP_EVENT_ON_HEADER,
} esp_http_client_event_id_t;
typedef struct esp_http_client_event {
  esp_http_client_event_id_t event_id;
  void* data;
  void* user_data;
  char* header_key;
  char* header_value;
} esp_http_client_event_t;
typedef esp_err_t (*http_event_handle_cb)(esp_http_client_event_t* evt);
typedef enum {
  HTTP_METHOD_GET,
  HTTP_METHOD_POST,
} esp_http_client_method_t;
typedef struct {
  const char* url;
  int timeout_ms;
  bool disable_auto_redirect;
  http_event_handle_cb event_handler;
  int buffer_size;
  int buffer_size_tx;
  void* user_data;
  esp_err_t (*crt_bundle_attach)(void* conf);
  bool keep_alive_enable;
} esp_http_client_config_t;

extern "C" {
esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t* config);
esp_err_t esp_http_client_set_url(esp_http_client_handle_t client, const char* url);
esp_err_t esp_http_client_set_method(esp_http_client_handle_t client,
                                     esp_http_client_method_t method);
esp_err_t esp_http_client_set_header(esp_http_client_handle_t client, const char* key,
                                     const char* value);
esp_err_t esp_http_client_delete_header(esp_http_client_handle_t client, const char* key);
esp_err_t esp_http_client_open(esp_http_client_handle_t client, int write_len);
int esp_http_client_write(esp_http_client_handle_t client, const char* buffer, int len);
int64_t esp_http_client_fetch_headers(esp_http_client_handle_t client);
int esp_http_client_get_status_code(esp_http_client_handle_t client);
int esp_http_client_read(esp_http_client_handle_t client, char* buffer, int len);
bool esp_http_client_is_complete_data_received(esp_http_client_handle_t client);
esp_err_t esp_http_client_cleanup(esp_http_client_handle_t client);
}
